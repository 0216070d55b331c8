//! Tells the program which source it was built of, and for which machines: `dumpsert --version`.

use std::process::Command;

fn main() {
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo:rustc-env=DUMPSERT_TARGET={target}");
    println!("cargo:rustc-env=DUMPSERT_COMMIT={}", commit());
    println!("cargo:rerun-if-env-changed=DUMPSERT_COMMIT");
    println!("cargo:rerun-if-changed=build.rs");
    // Who switches to another branch builds anew; every commit of one would be too often.
    if let Some(head) = git(&["rev-parse", "--git-path", "HEAD"]) {
        println!("cargo:rerun-if-changed={head}");
    }
}

/// What a release says, or the checkout knows; a package from the registry knows neither.
fn commit() -> String {
    let given = std::env::var("DUMPSERT_COMMIT")
        .ok()
        .filter(|commit| !commit.is_empty());
    let own = || git(&["rev-parse", "--short=12", "HEAD"]).filter(|_| is_own_checkout());
    given.or_else(own).unwrap_or_else(|| "release".to_owned())
}

/// A package that was unpacked inside of somebody else's checkout is not of that.
fn is_own_checkout() -> bool {
    git(&["ls-files", "--error-unmatch", "build.rs"]).is_some()
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
