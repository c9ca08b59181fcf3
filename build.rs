//! Files that are compiled in (`rust_embed`): one that is added or removed is a reason to compile again.

fn main() {
    println!("cargo:rerun-if-changed=prompts");
    println!("cargo:rerun-if-changed=web");
    println!("cargo:rerun-if-changed=models");
}
