/** `npm start`: builds what is missing, then serves the demo portal beside a real OpenID Provider, and the playground. */
import { setUp } from "./setup.mjs";

await setUp();
// Loaded only now: a fresh clone has no packages before `setUp`.
const { build } = await import("./build.mjs");
await build();
const { startDemo } = await import("./demo/serve.mjs");

const portalPort = port(process.env.PORT) ?? 4180;
const demo = await startDemo({
  portalPort,
  providerPort: port(process.env.PROVIDER_PORT) ?? (portalPort && portalPort + 1),
});

console.log(`
  Portal      ${demo.portal}
  Playground  ${demo.portal}/playground
  Provider    ${demo.provider}
  Account     ${demo.account.email}
  Password    ${demo.account.password}

  Ctrl+C stops them all.
`);

let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stop);

async function stop() {
  if (stopping) return;
  stopping = true;
  await demo.stop();
}

function port(text) {
  const number = Number(text);
  return text && Number.isInteger(number) && number >= 0 && number < 65_535 ? number : undefined;
}
