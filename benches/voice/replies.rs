//! Rows 2 and 3.
use super::Bench;
pub async fn measure(_bench: &mut Bench<'_>) -> anyhow::Result<()> {
    Ok(())
}
