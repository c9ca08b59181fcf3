//! Parses the arguments, starts logging, calls one function, chooses the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    viva::cli::main()
}
