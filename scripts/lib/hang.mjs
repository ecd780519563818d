// Loaded ahead of every file of tests: one that hangs says where and what it waits for, and ends.
import process from "node:process";

const limit = Number(process.env.PORTCULLIS_FILE_LIMIT);

// the runner itself takes as long as all its files
if (limit && process.env.NODE_TEST_CONTEXT) {
  const { beforeEach } = await import("node:test");
  let running = "no test";
  beforeEach(({ name }) => void (running = name));
  setTimeout(() => {
    const waits = process.getActiveResourcesInfo().join(", ");
    console.error(`hung after ${limit} ms: ${process.argv[1]}, in "${running}"; it waits for ${waits}`);
    process.exit(1); // and so does what it has started
  }, limit).unref();
}
