package dev.qlease.ops;

import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Processes;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Who ran a command.
 *
 * @param uid the effective user
 * @param loginUid the user who logged in, whatever user he became since; empty if none did
 * @param sudoUser the user who called sudo, if one did
 */
public record Who(int uid, OptionalLong loginUid, Optional<String> sudoUser) {
    private static final String NONE = "4294967295";

    static Who now() {
        OptionalLong login = OptionalLong.empty();
        try {
            String text = KernelFiles.read(Path.of("/proc/self/loginuid"));
            login = text.equals(NONE) ? login : OptionalLong.of(Long.parseLong(text));
        } catch (LinuxException | NumberFormatException e) {
            // A kernel without auditing keeps none.
        }
        return new Who(Processes.geteuid(), login, Optional.ofNullable(System.getenv("SUDO_USER")));
    }

    /** Returns it as text. */
    public String text() {
        return "uid " + uid
                + (loginUid.isPresent() ? ", login uid " + loginUid.getAsLong() : "")
                + sudoUser.map(user -> ", sudo by " + user).orElse("");
    }
}
