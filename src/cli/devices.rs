//! `viva devices`

use super::{Context, Failed};

/// Lists microphones and loudspeakers, and shows how loud a microphone hears you.
#[derive(Debug, clap::Args)]
pub struct Devices {
    /// Shows the level of a microphone (the configured one without a name) for some seconds.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    meter: Option<String>,
    /// How long to show it, in seconds (1 to 60).
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=60))]
    seconds: u8,
}

#[cfg(not(feature = "audio"))]
pub async fn run(_arguments: Devices, _context: &Context) -> Result<(), Failed> {
    Err(Failed::new("this build of viva has no sound devices (built without the feature \"audio\")"))
}

#[cfg(feature = "audio")]
pub async fn run(arguments: Devices, context: &Context) -> Result<(), Failed> {
    with_devices::run(arguments, context)
}

#[cfg(feature = "audio")]
mod with_devices {
    use super::{
        super::{
            print_json,
            terminal::{BAD, BOLD, DIM, GOOD, clear_passing, line, passing, styled, wrapped},
        },
        Context, Devices, Failed,
    };
    use crate::audio::device;

    pub fn run(arguments: Devices, context: &Context) -> Result<(), Failed> {
        if let Some(name) = arguments.meter {
            let name = if name.is_empty() { context.settings.config.audio.input.clone() } else { name };
            return meter(&name, arguments.seconds, context);
        }
        let devices = device::list();
        if context.json() {
            let rows: Vec<_> = devices
                .iter()
                .map(|d| {
                    serde_json::json!({
                        "name": d.name, "direction": d.direction.to_string(), "default": d.is_default, "rate": d.rate,
                        "channels": d.channels, "works": d.works.is_ok(), "why_not": d.works.as_ref().err(),
                    })
                })
                .collect();
            return print_json(&rows);
        }
        if devices.is_empty() {
            line("No sound device was found. You can still answer by typing: `viva practice --typed`.");
        }
        for found in devices {
            let state = match &found.works {
                Ok(()) => styled(GOOD, "works"),
                Err(why) => styled(BAD, why),
            };
            let default = if found.is_default { " (default)" } else { "" };
            let channels = if found.channels == 1 { "channel" } else { "channels" };
            let facts = format!("{} Hz, {} {channels}", found.rate, found.channels);
            line(&format!("{:<12} {}{default}", found.direction.to_string(), styled(BOLD, &found.name)));
            line(&format!("             {} {state}", styled(DIM, facts)));
        }
        let choose =
            "Choose with [audio] input and output in the config; try a microphone with `viva devices --meter`.";
        line(&styled(DIM, wrapped(choose, "", "")));
        Ok(())
    }

    fn meter(name: &str, seconds: u8, context: &Context) -> Result<(), Failed> {
        let mut loudest = 0.0f32;
        for level in device::meter(name, f32::from(seconds)).map_err(|error| Failed::new(error.to_string()))? {
            let level = level.map_err(|error| Failed::new(error.to_string()))?;
            loudest = loudest.max(level.peak);
            let steps = ((20.0 * level.rms.max(1e-4).log10() + 60.0) / 2.0).clamp(0.0, 30.0) as usize;
            passing(&format!("{}{} peak {:.3}", "▮".repeat(steps), "▯".repeat(30 - steps), level.peak));
        }
        clear_passing();
        if context.json() {
            return print_json(&serde_json::json!({"name": name, "peak": loudest}));
        }
        line(&match loudest {
            0.0 => "Only zeros: the microphone is muted, or this program may not use it.".to_owned(),
            x if x < 0.01 => format!("Very quiet (peak {x:.3}): come closer or raise the input level."),
            x if x > 0.99 => "Too loud: the sound is clipped. Lower the input level.".to_owned(),
            x => format!("Good (peak {x:.3})."),
        });
        Ok(())
    }
}
