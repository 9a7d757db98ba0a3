#!/usr/bin/env python3
"""Measures how long the kernel's own test environment takes to set up the equivalent of a lease.

usage: contenv.py SELFTESTS

It is NetDrvContEnv of SELFTESTS/drivers/net with the parameters of the kernel's test of device memory through netkit,
and the queue lease that this test adds. The device is passed in environment variables, as to the kernel's tests. Prints
the milliseconds on standard output; the test environment's output goes to standard error. Removes everything again.
"""

import contextlib
import os
import sys
import time

hw = os.path.join(sys.argv[1], "drivers/net/hw")
sys.path.insert(0, hw)
os.chdir(hw)

# pylint: disable=wrong-import-position
from devmem_lib import configure_nic
from lib.py import NetDrvContEnv, ksft_run

done = []


def lease(cfg):
    """Prepares the environment's NIC and leases a queue of it."""
    # The check of the NIC's features runs another program, which is not part of setting up.
    cfg.devmem_supported = {}
    configure_nic(cfg)
    done.append(time.monotonic())


with contextlib.redirect_stdout(sys.stderr):
    start = time.monotonic()
    with NetDrvContEnv(os.path.join(hw, "nk_devmem.py"), rxqueues=2, primary_rx_redirect=True) as env:
        ksft_run([lease], args=(env,))
if not done:
    sys.exit("contenv.py: the environment was not set up")
print(round((done[0] - start) * 1000))
