package dev.qlease.ops;

/** How a file names the network namespace of a guest. */
sealed interface GuestSelector {
    /**
     * A namespace by name, path or PID.
     *
     * @param text as for the option --netns
     */
    record Netns(String text) implements GuestSelector {
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * A container.
     *
     * @param engine the engine that runs it
     * @param id its id, or the beginning of its id
     */
    record Container(ContainerEngine engine, String id) implements GuestSelector {
        @Override
        public String toString() {
            return engine.text() + " container " + id;
        }
    }
}
