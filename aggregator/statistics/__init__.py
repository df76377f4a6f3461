"""The measures of docs/figures.md as pure functions of counts: no file, no clock, no platform."""
