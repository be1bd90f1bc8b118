// The desks of a tenant, put together. Nothing here decides anything.
import { randomPart, type IdParts, type TenantId } from "../../shared/ids.ts";
import type { Storage } from "../account/ports.ts";
import type { RelayConfig } from "../env.ts";
import { platformPost } from "../post.ts";
import { seal, unseal } from "../sealed.ts";
import { AccountDesk } from "./account-desk.ts";
import type { AuditBook } from "./audit-book.ts";
import type { TenantConfig } from "./config.ts";
import { EndpointDesk } from "./endpoint-desk.ts";
import { KeyDesk } from "./key-desk.ts";
import type { KeyStore } from "./key-store.ts";
import { MovingDesk } from "./moving-desk.ts";
import type { TenantStanding } from "./standing.ts";
import type { TenantStore } from "./store.ts";
import { TenantDesk } from "./tenant-desk.ts";

export interface DeskParts {
  readonly storage: Storage;
  readonly store: TenantStore;
  readonly keys: KeyStore;
  readonly standing: TenantStanding;
  readonly book: AuditBook;
  readonly settings: TenantConfig;
  readonly config: RelayConfig;
  readonly tenant: () => TenantId;
  /** Of the tenant's own id. */
  readonly parts: () => IdParts;
}

export type Desks = ReturnType<typeof makeDesks>;

export function makeDesks({
  storage,
  store,
  keys,
  standing,
  book,
  settings,
  config,
  tenant,
  parts,
}: DeskParts) {
  const { secrets } = config;
  const newParts = (): IdParts => ({ ...parts(), own: randomPart() });
  const webhooks = new EndpointDesk({
    storage,
    store,
    sealing: {
      seal: (text) => seal(secrets, "webhook secret", tenant(), text),
      unseal: (sealed) => unseal(secrets, "webhook secret", tenant(), sealed),
    },
    quotas: () => standing.quotas,
    config,
    newParts,
    post: platformPost,
    now: () => Date.now(),
  });
  const { endpoints } = webhooks;
  return {
    webhooks,
    keys: new KeyDesk({ keys, store, secrets, newParts, quotas: () => standing.quotas }),
    accounts: new AccountDesk({ store, keys, config: settings, endpoints, standing, secrets, parts, tenant }),
    moving: new MovingDesk({ storage, store, standing, book }),
    tenant: new TenantDesk({ store, keys, endpoints, standing, tenant }),
  };
}
