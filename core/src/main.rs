//! The program `dumpsert`: see `dumpsert --help`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    dumpsert::cli::run(std::env::args_os()).into()
}
