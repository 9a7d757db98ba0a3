#!/usr/bin/env python3
"""Times how long the kernel's own test environment takes to set up what a lease is.

usage: contenv.py SELFTESTS

It is NetDrvContEnv of SELFTESTS/drivers/net with what the kernel's test of device memory through netkit asks of it, and the
queue's lease that this test adds. The device is told to it by the environment, as to the kernel's tests. Prints the
milliseconds on standard output; what the environment prints goes to standard error. Takes everything down again.
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
    """Has the environment's NIC prepared and a queue of it leased."""
    # Whether the NIC can do it is asked by running another program, which is no part of setting up.
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
