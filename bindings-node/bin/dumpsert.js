#!/usr/bin/env node
'use strict';

const { runCommandLine } = require('../native.js');

process.exitCode = runCommandLine(['dumpsert', ...process.argv.slice(2)]);
