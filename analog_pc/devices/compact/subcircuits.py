"""Texts of the subcircuit files: equations, units, validity, and two expressions for each model.

A parameter stands in braces and is called as in Python.  The volts of `state` are the state, in nm where it
is a length.  Lines may be broken anywhere: a file joins them by ``+``.  Conditions are written as choices, of
which ngspice evaluates only the branch that holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.devices.compact.stanford import K_OVER_Q

V = "v(plus,minus)"


@dataclass(frozen=True)
class Subcircuit:
    """`head`: comment lines.  `current` in A, `rate` in V/s on 1 F."""

    head: str
    current: str
    rate: str


_UP = "(v(state)>{x_p}?exp(-{alpha_p}*(v(state)-{x_p}))*(1-v(state))/(1-{x_p}):1)"
_DOWN = "(v(state)<1-{x_n}?exp({alpha_n}*(v(state)+{x_n}-1))*v(state)/(1-{x_n}):1)"
YAKOPCIC = Subcircuit(
    head="""\
Yakopcic: a conductance that moves beyond two thresholds.
I     = a1 x sinh(b V) for V >= 0, a2 x sinh(b V) for V < 0
dx/dt = eta g(V) f(V,x)
g     = a_p (exp(V) - exp(v_p)) for V > v_p, -a_n (exp(-V) - exp(v_n)) for V < -v_n, else 0
f     = exp(-alpha_p (x - x_p)) (1 - x) / (1 - x_p)  where eta V >= 0 and x >= x_p
f     = exp(alpha_n (x + x_n - 1)) x / (1 - x_n)     where eta V < 0 and x <= 1 - x_n,  else 1
Source: C. Yakopcic et al., IEEE TCAD 32(8), 1201-1214 (2013).
Units: a1 a2 [A], b [1/V], v_p v_n [V], a_p a_n [1/s], the rest and the state without.
State: V(state) = x, 0 (insulating) ... 1 (conducting); the windows keep it there.
Validity: |V| to some volts (the speed grows as exp V); no motion within -v_n ... v_p.""",
    current=f"({V}>=0?{{a1}}:{{a2}})*v(state)*sinh({{b}}*{V})",
    rate=f"""\
{V}>{{v_p}}?{{eta}}*{{a_p}}*(exp({V})-exp({{v_p}}))*({{eta}}>0
?{_UP}
:{_DOWN})
:({V}<-{{v_n}}?-{{eta}}*{{a_n}}*(exp(-{V})-exp({{v_n}}))*({{eta}}>0
?{_DOWN}
:{_UP})
:0)""",
)

VTEAM = Subcircuit(
    head="""\
VTEAM: a resistance that moves beyond two thresholds.
dx/dt = k_off (V / v_off - 1)^alpha_off (1 - x^(2 p))       for V > v_off > 0
dx/dt = k_on (V / v_on - 1)^alpha_on (1 - (1 - x)^(2 p))    for V < v_on < 0, else 0
I     = V / R,  RESISTANCE
Source: S. Kvatinsky et al., IEEE TCAS-II 62(8), 786-790 (2015); window: Z. Biolek et al.,
Radioengineering 18(2), 210-214 (2009).
Units: r_on r_off [Ohm], k_on k_off [1/s], v_on v_off [V], the rest and the state without.
State: V(state) = x, 0 (r_on) ... 1 (r_off); the windows keep it there.
Validity: any V as far as the power law is a fit; no motion within v_on ... v_off.""",
    current=f"{V}/(RESISTANCE)",
    rate=f"""\
{V}>{{v_off}}?{{k_off}}*pow({V}/{{v_off}}-1,{{alpha_off}})*(1-pow(v(state)*v(state),{{p}}))
:({V}<{{v_on}}?{{k_on}}*pow({V}/{{v_on}}-1,{{alpha_on}})*(1-pow((1-v(state))*(1-v(state)),{{p}}))
:0)""",
)
RESISTANCES = {
    "linear": "{r_on}+({r_off}-{r_on})*v(state)",
    "exponential": "{r_on}*exp(log({r_off}/{r_on})*v(state))",
}

_AMPERES = f"{{i0}}*exp(-1e-9*v(state)/{{g0}})*sinh({V}/{{v0}})"
_HEAT = f"({K_OVER_Q!r}*({{ambient}}+abs({V}*{_AMPERES})*{{r_th}}))"
_GAMMA = "({gamma0}-{beta}*v(state)*v(state)*v(state))"
STANFORD_PKU = Subcircuit(
    head=f"""\
Stanford-PKU: the gap at the tip of a filament, moved by field and heat.
I       = i0 exp(-gap / g0) sinh(V / v0)
dgap/dt = -velocity exp(-e_a q / k T) sinh(gamma a0 / t_ox q V / k T), 0 at gap_min and gap_max
gamma   = gamma0 - beta (gap / 1 nm)^3, 0 where gamma |V| / t_ox < f_min;  T = ambient + |V I| r_th
k / q   = {K_OVER_Q!r} V/K
Source: Z. Jiang et al., IEEE TED 63(5), 1884-1892 (2016); nanoHUB, doi:10.4231/D37H1DN48.
Units: i0 [A], v0 [V], velocity [m/s], e_a [eV], g0 a0 t_ox gap_min gap_max [m], f_min [V/m],
r_th [K/W], ambient [K]; gamma0 and beta without.
State: V(state) = gap / 1 nm; it stops at gap_min and gap_max.
Validity: gap_min ... gap_max.  A set runs away within picoseconds: trtol=1e-3 follows it.""",
    current=_AMPERES,
    rate=f"""\
(v(state)>1e9*{{gap_min}}||{V}<0)&&(v(state)<1e9*{{gap_max}}||{V}>0)
&&({_GAMMA}*abs({V})>={{f_min}}*{{t_ox}})?
-1e9*{{velocity}}*exp(-{{e_a}}
/{_HEAT})
*sinh({_GAMMA}*{{a0}}/{{t_ox}}*{V}
/{_HEAT}):0""",
)
