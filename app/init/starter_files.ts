/** What `legwork init` writes, by path. */

import { API_FOLDER, API_MODULE } from "./api_files.ts";

/** See the module's text. */
export const STARTER_FILES: Readonly<Record<string, string>> = {
  "deno.json": `${
    JSON.stringify(
      {
        imports: { legwork: `./${API_FOLDER}/${API_MODULE}` },
        compilerOptions: { strict: true, noImplicitAny: false },
        fmt: { exclude: [API_FOLDER] },
        lint: { exclude: [API_FOLDER] },
      },
      undefined,
      2,
    )
  }\n`,
  "route.ts": `import { type Call, type Message, reject, route } from "legwork";

/** Where a new call goes. */
export function onInvite(call: Call) {
  if (call.from.user === "anonymous") return reject(433);
  return route("pbx");
}

/** Messages as they are about to be sent. */
export const outbound = {
  "INVITE": (message: Message) => {
    message.headers.set("User-Agent", "Legwork");
  },
};
`,
  "route.flow": `# A call goes to the PBX, which sees who sent it on
script: route.ts

carrier -> legwork  INVITE
legwork -> carrier  100
legwork -> pbx      INVITE            User-Agent: Legwork
pbx     -> legwork  180 INVITE
legwork -> carrier  180 INVITE
pbx     -> legwork  200 INVITE
legwork -> pbx      ACK
legwork -> carrier  200 INVITE
carrier -> legwork  ACK
carrier -> legwork  BYE
legwork -> carrier  200 BYE
legwork -> pbx      BYE
pbx     -> legwork  200 BYE
`,
  "legwork.yaml": `listen: [udp:127.0.0.1:5060, tcp:127.0.0.1:5060]
trunks:
  carrier: { servers: sip:127.0.0.1:5070 }
  pbx: { servers: sip:127.0.0.1:5080 }
scripts: route.ts
`,
  ".vscode/settings.json": `${
    JSON.stringify(
      {
        "deno.enable": true,
        "deno.config": "./deno.json",
        "editor.defaultFormatter": "denoland.vscode-deno",
      },
      undefined,
      2,
    )
  }\n`,
  ".vscode/extensions.json": `${
    JSON.stringify({ recommendations: ["denoland.vscode-deno"] })
  }\n`,
  "README.md": `# Scripts for Legwork

- \`route.ts\` decides where calls go; save it while Legwork runs.
- \`legwork check legwork.yaml\` finds mistakes, those of types too.
- \`legwork test route.flow\` runs a call against the script.
- \`legwork run legwork.yaml --ladder\` carries calls and draws them.
- \`.legwork\` has the types for your editor; Legwork does not read it.
`,
};
