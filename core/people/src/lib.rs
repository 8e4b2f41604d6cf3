//! Bodies (団体), staff, roles, devices, policy: who may do what.
