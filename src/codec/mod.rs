//! Strict readers and writers for the few formats the protocol speaks.
