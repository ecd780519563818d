/** The whole demo in one call: the provider, the portal and its API, the systems of the playground, all on loopback. */
import { account } from "./account.mjs";
import { createApi } from "./api.mjs";
import { listen } from "./listen.mjs";
import { createPortal } from "./portal.mjs";
import { createProvider } from "./provider.mjs";
import { startSystems } from "./systems/index.mjs";

/**
 * @param {object} [options]
 * @param {number} [options.portalPort] 0 takes a free one, as does a port in use
 * @param {number} [options.providerPort]
 * @param {number} [options.accessTokenLifetime] seconds; short, so that a renewal can be watched
 * @param {number} [options.vaultMaxAge] seconds for which a password opens the vault
 * @returns both origins, the seeded account, the requests the provider has answered
 *   (`{ method, path, status }`), the playground's systems, and `stop()`
 */
export async function startDemo({ portalPort = 0, providerPort = 0, accessTokenLifetime = 120, vaultMaxAge = 60 } = {}) {
  // Both sockets first: each side has to know the other's origin.
  const portal = await listen(portalPort);
  const provider = await listen(providerPort);
  const systems = await startSystems();
  const { answer, introspect } = createProvider({ issuer: provider.origin, portal: portal.origin, accessTokenLifetime });

  const requests = [];
  provider.answerWith((request, response) => {
    const { pathname: path } = new URL(request.url, provider.origin);
    response.on("finish", () => requests.push({ method: request.method, path, status: response.statusCode }));
    return answer(request, response);
  });
  portal.answerWith(createPortal({
    issuer: provider.origin,
    settings: { issuer: provider.origin, account, accessTokenLifetime },
    api: createApi({ introspect, vaultMaxAge }),
    playground: { portal: portal.origin, systems },
  }));

  return {
    portal: portal.origin,
    provider: provider.origin,
    account,
    requests,
    systems,
    async stop() {
      await Promise.all([portal.close(), provider.close(), systems.close()]);
    },
  };
}
