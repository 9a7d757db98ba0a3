package dev.qlease.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Watches every buffer, region and fragment of a test class, and fails it if one was never released. Netty makes its
 * detectors once: of the classes that run in one JVM, the first that uses Netty's buffers must be watched, too.
 */
public final class Leaks implements BeforeAllCallback, AfterAllCallback {
    private static final List<String> FOUND = new CopyOnWriteArrayList<>();
    private static final List<Detector<?>> DETECTORS = new CopyOnWriteArrayList<>();

    static {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new ResourceLeakDetectorFactory() {
            @Override
            @SuppressWarnings("deprecation")
            public <T> ResourceLeakDetector<T> newResourceLeakDetector(
                    Class<T> resource, int samplingInterval, long maxActive) {
                Detector<T> detector = new Detector<>(resource);
                DETECTORS.add(detector);
                return detector;
            }
        });
    }

    private static final class Detector<T> extends ResourceLeakDetector<T> {
        @SuppressWarnings("deprecation")
        Detector(Class<T> resource) {
            super(resource, 1);
        }

        @Override
        protected void reportTracedLeak(String type, String records) {
            FOUND.add(type + records);
        }

        @Override
        protected void reportUntracedLeak(String type) {
            FOUND.add(type);
        }

        @Override
        protected boolean needReport() {
            return true;
        }

        /** Tracking something new is what makes it tell what it has found. */
        @SuppressWarnings("unchecked")
        void tell() {
            T thing = (T) new Object();
            ResourceLeakTracker<T> tracker = track(thing);
            tracker.close(thing);
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        FOUND.clear();
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        assertThat(DETECTORS).isNotEmpty();
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(30);
            DETECTORS.forEach(Detector::tell);
        }
        assertThat(FOUND).isEmpty();
    }
}
