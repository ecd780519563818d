/** As much of the frameworks as the examples of README.md use, so that these compile without them. */

declare module "react" {
  export type ReactNode = string | object | null | undefined;
  export function useEffect(effect: () => void, on: readonly unknown[]): void;
  export function useState<T>(): [T | undefined, (value: T | undefined) => void];
  export function useSyncExternalStore<T>(subscribe: (changed: () => void) => () => void, snapshot: () => T): T;
}

declare module "react/jsx-runtime" {
  export namespace JSX {
    type Element = object;
    interface ElementChildrenAttribute {
      children: unknown;
    }
    interface IntrinsicElements {
      p: { role?: string; children?: unknown };
    }
  }
  export const jsx: unknown;
  export const jsxs: unknown;
}

declare module "react-router" {
  export function Link(props: { to: string; children?: unknown }): object;
  export function useNavigate(): (to: string, options?: { replace?: boolean }) => void;
}

declare module "@angular/core" {
  export class InjectionToken<T> {
    constructor(description: string, options?: { factory: () => T });
    readonly value: T;
  }
  export function inject<T>(token: InjectionToken<T>): T;
  export interface Signal<T> {
    (): T;
  }
  export function signal<T>(value: T): Signal<T> & { readonly set: (value: T) => void; asReadonly(): Signal<T> };
}

declare module "@angular/platform-browser" {
  export function bootstrapApplication(root: new () => object, config: { providers: readonly unknown[] }): Promise<object>;
}

declare module "@angular/router" {
  export type CanActivateFn = (route: object, state: { readonly url: string }) => boolean | Promise<boolean>;
}

declare module "*/app" {
  export class App {}
}

declare module "*/app.config" {
  export const appConfig: { providers: readonly object[] };
}

declare module "*/app/auth" {
  export const AUTH: object;
}
