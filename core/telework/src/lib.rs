//! Work inventory, requests, attendance, allowance.
