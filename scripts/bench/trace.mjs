/** What a page's main thread did, out of a Chromium trace. */

/** Trace events that are the page's script or caused by it, as the performance panel counts them. */
const SCRIPT = new Set([
  "EvaluateScript", "FunctionCall", "TimerFire", "EventDispatch", "BlinkScheduler_PerformMicrotaskCheckpoint",
  "v8.compile", "v8.compileModule", "v8.evaluateModule", "MinorGC", "MajorGC",
]);

/**
 * Runs `action` under a trace. Times are milliseconds of the main thread's own processor time,
 * which other work on the machine does not lengthen.
 *
 * @returns {Promise<{ scripting: number, longestTask: number, result: unknown }>}
 */
export async function traced(browser, page, action) {
  await browser.startTracing(page, { categories: ["devtools.timeline", "toplevel", "v8", "__metadata"] });
  let result;
  let buffer;
  try {
    result = await action();
  } finally {
    buffer = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(buffer.toString());
  const events = mainThread(traceEvents);
  const spans = events.filter(({ name }) => SCRIPT.has(name)).sort((one, other) => one.ts - other.ts);
  const tasks = events.filter(({ name }) => name === "RunTask" || name === "ThreadControllerImpl::RunTask");
  return {
    result,
    scripting: outermost(spans).reduce((sum, { tdur }) => sum + tdur, 0) / 1000,
    longestTask: Math.max(...tasks.map(({ tdur }) => tdur)) / 1000,
  };
}

/** Finished events on the main thread of the renderer that ran the most script. */
function mainThread(events) {
  const mains = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const perThread = mains.map(({ pid, tid }) => events.filter((event) => event.pid === pid && event.tid === tid && event.tdur > 0));
  const scripts = (thread) => thread.filter(({ name }) => SCRIPT.has(name)).length;
  return perThread.sort((one, other) => scripts(other) - scripts(one))[0] ?? [];
}

/** Spans that lie in no other; `spans` by start. */
function outermost(spans) {
  const found = [];
  let end = -Infinity;
  for (const span of spans) {
    if (span.ts < end) continue;
    found.push(span);
    end = span.ts + span.dur;
  }
  return found;
}
