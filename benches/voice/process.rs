//! What a process costs, as Linux tells it; elsewhere not a number.

use std::fs;

/// CPU seconds of this process, all threads, user and system; in steps of 10 ms.
pub fn cpu_s() -> f64 {
    cpu_s_of("self")
}

/// The same for another process.
pub fn cpu_s_of(pid: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything; the fields behind it are numbers. Ticks are 10 ms on every Linux we know.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => (user + system) / 100.0,
        _ => f64::NAN,
    }
}

/// Memory of a process that is in RAM now, in MB (10^6 bytes).
pub fn resident_mb(pid: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).map_or(f64::NAN, |kib| kib * 1.024e-3)
}

/// One line on what it was measured on.
pub fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("CPU unknown", |(_, name)| name).to_owned();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("unknown").to_owned();
    format!("{}, {model}, {cores} cores, load {load} at the start", jiff::Zoned::now().strftime("%Y-%m-%d %H:%M"))
}
