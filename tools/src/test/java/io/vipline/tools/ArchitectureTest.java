package io.vipline.tools;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitCallTarget;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.Reader;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The walls of the house, as decided in its plan: what a package may know of another. */
class ArchitectureTest {
    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.vipline");

    private static final ArchRule DATAPLANE_SEES_KEYS_AND_TABLES_ONLY = noClasses()
            .that()
            .resideInAPackage("io.vipline.dataplane..")
            .should()
            .dependOnClassesThat(resideInAPackage("io.vipline.rules..")
                    .and(DescribedPredicate.not(
                            resideInAnyPackage("io.vipline.rules.net..", "io.vipline.rules.table.."))));

    private static final ArchRule NAMES_ARE_THE_FIELDS = noClasses()
            .should()
            .haveNameMatching(".*\\.\\w*(Util|Utils|Helper|Helpers|Manager|Common|Impl|Misc)(\\$.*)?");

    /** A reader is what rules are handed; the exceptions and Serializable come with the language. */
    private static final Set<String> IO_ALLOWED = Set.of(
            Reader.class.getName(),
            "java.io.StringReader",
            "java.io.BufferedReader",
            IOException.class.getName(),
            UncheckedIOException.class.getName(),
            Serializable.class.getName());

    private static final DescribedPredicate<JavaClass> OUTSIDE_WORLD = describe(
            "the outside world: files, network, clock, randomness",
            type -> type.getPackageName().equals("java.io") && !IO_ALLOWED.contains(type.getName())
                    || type.getPackageName().startsWith("java.nio.file")
                    || type.getPackageName().startsWith("java.nio.channels")
                    || type.getPackageName().startsWith("java.net")
                    || type.isAssignableTo(Clock.class)
                    || type.isAssignableTo(RandomGenerator.class)
                    || type.isAssignableTo(Random.class));

    private static final ArchRule RULES_KNOW_NO_OUTSIDE_WORLD =
            noClasses().that().resideInAPackage("io.vipline.rules..").should().dependOnClassesThat(OUTSIDE_WORLD);

    private static final ArchRule RULES_ASK_NO_CLOCK = noClasses()
            .that()
            .resideInAPackage("io.vipline.rules..")
            .should()
            .callCodeUnitWhere(describe("the clock or chance is asked", ArchitectureTest::asksClockOrChance));

    private static boolean asksClockOrChance(JavaCall<? extends CodeUnitCallTarget> call) {
        String owner = call.getTargetOwner().getName();
        return switch (call.getName()) {
            case "now" -> owner.startsWith("java.time.");
            case "nanoTime", "currentTimeMillis", "getenv", "getProperty" -> owner.equals("java.lang.System");
            case "random" -> owner.equals("java.lang.Math");
            case "randomUUID" -> owner.equals("java.util.UUID");
            default -> false;
        };
    }

    @Test
    @DisplayName("the data path sees addresses, keys and the compiled table of the rules, nothing else")
    void dataplaneSeesKeysAndTablesOnly() {
        DATAPLANE_SEES_KEYS_AND_TABLES_ONLY.check(OURS);
    }

    @Test
    @DisplayName("no class is called Util, Helper, Manager, Common, Impl or Misc")
    void namesAreTheFields() {
        NAMES_ARE_THE_FIELDS.check(OURS);
    }

    @Test
    @DisplayName("rules know no clock, no randomness and no I/O but the reader they are handed")
    void rulesKnowNoOutsideWorld() {
        RULES_KNOW_NO_OUTSIDE_WORLD.check(OURS);
        RULES_ASK_NO_CLOCK.check(OURS);
    }

    @Test
    @DisplayName("no two packages of the rules need each other")
    void packagesHaveAnOrder() {
        slices().matching("io.vipline.rules.(**)").should().beFreeOfCycles().check(OURS);
    }

    @Test
    @DisplayName("the JVM's unsupported memory access stays with Agrona")
    void nobodyUsesUnsafe() {
        classes()
                .should()
                .onlyDependOnClassesThat(DescribedPredicate.not(resideInAnyPackage("sun.misc..", "jdk.internal..")))
                .check(OURS);
    }

    @Test
    @DisplayName("each rule of these fails on a class that breaks it")
    void theRulesCanFail() {
        JavaClasses sinner = new ClassFileImporter().importClasses(io.vipline.rules.broken.ClockImpl.class);
        assertThat(sinner).hasSize(1);
        for (ArchRule rule : new ArchRule[] {NAMES_ARE_THE_FIELDS, RULES_KNOW_NO_OUTSIDE_WORLD, RULES_ASK_NO_CLOCK}) {
            assertThatThrownBy(() -> rule.check(sinner))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("ClockImpl");
        }
    }
}
