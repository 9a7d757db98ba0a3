package dev.qlease.lease;

/** Carries out the change of a step. */
interface StepAction {
    void run(LeaseInProgress made);
}
