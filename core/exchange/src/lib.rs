//! Notices and surveys: forms, answers, cascade, tally.
