/**
 * For the tests of applications: a client that signs in at once ({@link createMockAuth}), a provider in
 * process for the real client ({@link createFakeProvider}) with a store ({@link memoryStorage}), and pages
 * that open signed in ({@link seedSession}). It holds no part of the module, and is not for production.
 *
 * @packageDocumentation
 */

export { createMockAuth } from "./testing/mock.js";
export type {
  ErrorDetails, FakeUser, MockAuth, MockAuthOptions, MockMethod, MockStep,
} from "./testing/mocks.js";
export { createFakeProvider } from "./testing/provider.js";
export type {
  FakeAnswer, FakeEndpoint, FakeProvider, FakeProviderOptions, FakeRequest,
} from "./testing/providers.js";
export { type SeedOptions, type SeedProvider, seedSession } from "./testing/seed.js";
export { type MemoryStorage, memoryStorage } from "./testing/storage.js";
export { AuthError, type AuthErrorCode } from "./errors.js";
export type * from "./types.js";
