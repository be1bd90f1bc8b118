// Loaded before a program: it takes its pipes for a terminal, with somebody at it.
for (const stream of [process.stdin, process.stdout]) Object.defineProperty(stream, "isTTY", { value: true });
