/** A provider that signs ID tokens in every algorithm there is for them. */
import { newKeyPair } from "../../scripts/demo/keys.mjs";

export const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

export const key = (type, parameters, kid) =>
  ({ ...newKeyPair(type, parameters).privateKey, use: "sig", kid });

/** For `startProvider`: a client per algorithm, named as that. */
export const provider = {
  configuration: {
    clients: ALGORITHMS.map((alg) => ({
      client_id: alg,
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      redirect_uris: ["http://127.0.0.1/nowhere"], // the real one is allowed by the support
      id_token_signed_response_alg: alg,
    })),
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS },
    jwks: {
      keys: [
        key("rsa", { modulusLength: 2048 }, "rsa"),
        ...["P-256", "P-384", "P-521"].map((namedCurve) => key("ec", { namedCurve }, namedCurve)),
        key("ed25519", {}, "ed"),
      ],
    },
  },
};
