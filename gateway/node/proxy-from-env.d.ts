// proxy-from-env brings no types of its own.
declare module "proxy-from-env" {
  /** The proxy's URL by HTTPS_PROXY, HTTP_PROXY and NO_PROXY; "" = none. */
  export function getProxyForUrl(url: string): string;
}
