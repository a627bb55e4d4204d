// An OpenID provider for bench/company_login.py: `node company_login.mjs PORT RETURN_ADDRESS`, in a folder with node_modules/oidc-provider.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.cwd()}/`);
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));
const [port, returnAddress] = process.argv.slice(2);
const groups = { ann: ["brand-legal"], rob: ["brand-protection"], zoe: ["gardeners"] };
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "partnerproof", client_secret: "a-secret-of-the-bench", redirect_uris: [returnAddress], post_logout_redirect_uris: [new URL("/login", returnAddress).href] }],
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: `subject-of-${id}`, preferred_username: id, groups: groups[id] ?? [] }) }),
  pkce: { required: () => true },
});
provider.on("server_error", (_, error) => console.error(error));
provider.listen(Number(port), "127.0.0.1", () => console.log("listens"));
