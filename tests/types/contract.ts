/**
 * The package's types against the public contract, which lies beside this file as it was promised:
 * only a new major version changes that. Compiled, never run.
 */
import type * as slim from "portcullis/slim";
import type * as portcullis from "portcullis";
import type * as verify from "portcullis/verify";

import type * as contract from "./contract/portcullis.js";
import type * as slimContract from "./contract/slim.js";
import type * as verifyContract from "./contract/verify.js";

/** `true` for two types that are identical down to `readonly` and `?`. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <_ extends true>() => {};

// What goes beyond the contract is named here.
type BesideCode =
  | "internal" | "endpoint_origin" | "par_required" | "par_http" | "par_invalid" | "jarm_iss" | "jarm_aud" | "jarm_exp"
  | "dpop_downgrade" | "dpop_key_lost" | "dpop_nonce_invalid" | "dpop_nonce_loop" | "logout_token";
type Beside = "dpop" | "endpointOrigins" | "jarm" | "par" | "tenants" | "trustedAudiences" | "logoutRedirectParam" | "monitorSession";
check<Same<{ [K in keyof portcullis.AuthOptions as Exclude<K, Beside>]: portcullis.AuthOptions[K] }, contract.AuthOptions>>();
check<Same<Exclude<portcullis.LoginOptions["mode"], "frame">, contract.LoginOptions["mode"]>>();
check<Same<portcullis.AuthState, contract.AuthState>>();
check<Same<portcullis.User, contract.User>>();
check<Same<portcullis.Claims, contract.Claims>>();
check<Same<Omit<portcullis.LoginOptions, "mode">, Omit<contract.LoginOptions, "mode">>>();
check<Same<portcullis.CallbackResult, contract.CallbackResult>>();
check<Same<portcullis.LogoutOptions, contract.LogoutOptions>>();
check<Same<portcullis.Diagnosis, contract.Diagnosis>>();
check<Same<portcullis.TraceEvent, contract.TraceEvent>>();
check<Same<portcullis.KeyValueStore, contract.KeyValueStore>>();
check<Same<portcullis.Host, contract.Host>>();
check<Same<portcullis.ProviderMetadata, contract.ProviderMetadata>>();
check<Same<portcullis.JwsAlgorithm, contract.JwsAlgorithm>>();
check<Same<portcullis.AuthErrorCode, contract.AuthErrorCode | BesideCode>>();

// What holds an `AuthError`, which has one more code and the causes of a loop, and can be serialised.
type Problemless<E> = Omit<E, "problem">;
check<Same<Problemless<portcullis.AuthEvents>, Problemless<contract.AuthEvents>>>();
check<Same<portcullis.AuthEvents["problem"], { error: portcullis.AuthError }>>();
type Core<A> = Omit<A, "on" | "login" | "handleInitiatedLogin" | "handleFrontChannelLogout">;
check<Same<Core<portcullis.Auth>, Core<contract.Auth>>>();
check<portcullis.Auth["login"] extends contract.Auth["login"] ? true : false>();
check<Same<keyof portcullis.AuthError, keyof contract.AuthError | "toJSON" | "causes">>();
type Codeless<E> = Omit<E, "code" | "toJSON" | "causes">;
check<Same<Codeless<portcullis.AuthError>, Codeless<contract.AuthError>>>();

// whoever holds the options that were promised can hand them in
check<contract.AuthOptions extends portcullis.AuthOptions ? true : false>();
check<Same<typeof portcullis.createAuth, (options: portcullis.AuthOptions) => Promise<portcullis.Auth>>>();
type Rest<T extends readonly unknown[]> = T extends readonly [unknown, ...infer R] ? R : never;
check<Same<Parameters<typeof slim.createAuth>[0], portcullis.AuthOptions>>();
check<Same<Rest<Parameters<typeof slim.createAuth>>, Rest<Parameters<typeof slimContract.createAuth>>>>();
check<Same<ReturnType<typeof slim.createAuth>, Promise<portcullis.Auth>>>();
check<Same<slim.ModuleSource, slimContract.ModuleSource>>();
check<Same<Exclude<keyof typeof contract, keyof typeof portcullis>, never>>();
check<Same<keyof typeof slim, keyof typeof portcullis>>();

check<Same<verify.JwkSet, verifyContract.JwkSet>>();
check<Same<verify.VerifyJwsOptions, verifyContract.VerifyJwsOptions>>();
check<Same<verify.VerifyJwtOptions, verifyContract.VerifyJwtOptions>>();
check<Same<typeof verify.verifyJws, typeof verifyContract.verifyJws>>();
check<Same<typeof verify.verifyJwt, typeof verifyContract.verifyJwt>>();
check<Same<verify.AuthErrorCode, portcullis.AuthErrorCode>>();
check<Same<Exclude<keyof typeof verifyContract, keyof typeof verify>, never>>();
