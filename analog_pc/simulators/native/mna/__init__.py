"""A circuit as equations (modified nodal analysis): elements, stamps, reduction; not how they are solved."""
