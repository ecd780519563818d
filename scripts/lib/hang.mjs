// Loaded ahead of every file of tests: one that hangs says what it waits for, and ends.
import process from "node:process";

const limit = Number(process.env.PORTCULLIS_FILE_LIMIT);

// the runner itself takes as long as all its files
if (limit && process.env.NODE_TEST_CONTEXT) {
  setTimeout(() => {
    console.error(`hung after ${limit} ms: ${process.argv[1]}; it waits for ${process.getActiveResourcesInfo().join(", ")}`);
    process.exit(1); // and so does what it has started
  }, limit).unref();
}
