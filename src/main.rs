//! The `jiedui` program.

fn main() -> std::process::ExitCode {
    jiedui::cli::run()
}
