// Run by node: verifies tokens with the npm package `jose` against the society's published keys.
// Reads {jwks, issuer, audience, tokens: [{alg, token}]} on stdin and prints what came of each.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const given = JSON.parse(readFileSync(0, "utf8"));
const { resolve } = createRequire(given.packages + "/");
const { createRemoteJWKSet, jwtVerify } = await import(pathToFileURL(resolve("jose")).href);
const keys = createRemoteJWKSet(new URL(given.jwks));

async function told(token, audience) {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: given.issuer,
      audience,
      typ: "olp-license+jws",
    });
    return { alg: protectedHeader.alg, scope: payload.scope };
  } catch (problem) {
    return problem.code;
  }
}

const found = [];
for (const { token } of given.tokens) {
  const [head, body, signature] = token.split(".");
  const altered = [head, body, (signature[0] === "A" ? "B" : "A") + signature.slice(1)].join(".");
  found.push({
    good: await told(token, given.audience),
    altered: await told(altered, given.audience),
    elsewhere: await told(token, "https://elsewhere.example"),
  });
}
console.log(JSON.stringify(found));
