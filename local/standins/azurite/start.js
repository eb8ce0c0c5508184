// Azurite that ends, with all its data saved, when whoever started it closes stdin or dies.
const [program, ...options] = process.argv.slice(2);
process.argv.splice(1, Infinity, require.resolve(`azurite/dist/src/${program}`), ...options);
process.stdin.on("end", () => process.emit("SIGTERM") || process.exit()).resume().unref();
require(process.argv[1]);
