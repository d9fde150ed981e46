"""Relaxation in compiled code, for any depth, clamps and activation.

A *chain* is the part of a network that can move: layers k = 0 ... K-1, of which layer 0 has a constant
prediction mu_0 (the first hidden layer under a clamped input), or none (a free input, pi_0 = 0)::

    mu_k = W_k f(x_{k-1}) + b_k      lambda_k = pi_k (x_k - mu_k)      h_k = F_{k+1}^T lambda_{k+1}
    dE/dx_k = lambda_k - gate_k h_k

F = W and gate = f', or a path of its own on which errors come back (`analog_pc.pcn.feedback`); then there is
no E, and dE/dx stands for -dx/dt.  A step solves (H + shift) dx = -dE/dx, H the derivative of dE/dx.  Shift 0
is Newton's step; a large shift is an implicit Euler step of length 1 / shift of the flow dx/dt = -dE/dx.
With B_k = W_k f'_{k-1}, C_k = F_k gate_{k-1} and the curvature K_k = -gate' h_k + shift the linear system
is ::

    dx_k = B_k dx_{k-1} + dlambda_k / pi_k          dlambda_k + K_k dx_k = -dE/dx_k + C_{k+1}^T dlambda_{k+1}

and is eliminated upwards as dx_k = p_k + P_k C_{k+1}^T dlambda_{k+1}.  P_0 is diagonal, so that a 784-128-10
network with both ends clamped solves a system of 10 unknowns.

Kinks.  On a kink x* of f the gate may take any value between the two slopes.  A node that arrives there
stops.  If the one-sided derivatives of E point to the kink from both sides, it stays, with the gate that
balances the errors; otherwise it goes on downhill.  Between kinks E is quadratic, and one step is exact.

A sample is at its equilibrium where ||dE/dx_k|| <= tolerance ||lambda_k|| + rounding_k in every free layer.
The second term is what no iteration can lower: with u = 2^-53 and sums of n products rounded by n u,

    delta_k    = u (||x_k|| + (n_{k-1} + 2) (||W_k|| ||f_{k-1}|| + ||b_k||))              of x_k - mu_k
    rounding_k = pi_k delta_k + 4 u ||h_k||
               + ||F_{k+1}|| (pi_{k+1} delta_{k+1} + (n_{k+1} + 2) u ||lambda_{k+1}||)

(||W||: Frobenius' norm).  A free input has one force alone, gate_0 h_0, which vanishes where f saturates,
although nothing balances it: h_0 takes the place of dE/dx_0, wherever the gate is open, and ||F_1||
||lambda_1|| the place of ||lambda_0||.  Everything scales with the precisions, and with the unit of activity.
"""
