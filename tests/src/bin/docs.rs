//! `cargo xtask docs`: writes the files that are made from tables.

fn main() -> std::io::Result<()> {
    for file in berth_tests::docs::generated() {
        std::fs::write(file.absolute(), &file.text)?;
        println!("{}", file.path);
    }
    Ok(())
}
