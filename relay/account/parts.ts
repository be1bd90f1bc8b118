// The account's modules, put together. Nothing here decides anything.
import { Access } from "./access.ts";
import type { Sealing } from "./attachments/reference.ts";
import { Transfers } from "./attachments/transfers.ts";
import { AgentCalls } from "./link/agent-calls.ts";
import { AgentLink, type LinkEvents } from "./link/agent-link.ts";
import { ChannelView } from "./channel/channel-view.ts";
import { Claims } from "./channel/claims.ts";
import { DecisionLog } from "./channel/decision-log.ts";
import { Echoes } from "./sending/echoes.ts";
import { Errands } from "./channel/errands.ts";
import { Messages } from "./sending/messages.ts";
import { OwnerCommands } from "./channel/owner-commands.ts";
import { Pairing } from "./channel/pairing.ts";
import { PolicyGate } from "./channel/policy-gate.ts";
import { Settings } from "./channel/settings.ts";
import { Tickets } from "./channel/tickets.ts";
import { ChatIds } from "./chats/chat-ids.ts";
import { ChatList } from "./chats/chat-list.ts";
import { Enrolment } from "./link/enrolment.ts";
import { EventLog, type Appended } from "./log/event-log.ts";
import { Gateways } from "./tunnel/gateways.ts";
import { Intake } from "./log/intake.ts";
import { LogPages } from "./log/log-pages.ts";
import { Operations } from "./sending/operations.ts";
import { Outcomes } from "./sending/outcomes.ts";
import { OwnRows } from "./sending/own-rows.ts";
import { Pace } from "./sending/pace.ts";
import { SendStates } from "./sending/send-states.ts";
import type { AccountPorts } from "./ports.ts";
import { Pump } from "./tunnel/pump.ts";
import type { EventFilter } from "./readers/event-filter.ts";
import { Readers } from "./readers/readers.ts";
import { Reporting } from "./reporting.ts";
import { Requests } from "./tunnel/requests.ts";
import { Retention } from "./log/retention.ts";
import { Schedule } from "./schedule.ts";
import { SendGuard } from "./sending/send-guard.ts";
import { AccountStanding, closeOf } from "./standing.ts";
import type { AccountStatus } from "./status.ts";
import { ActStore } from "./store/acts.ts";
import { ConsumerStore } from "./store/consumers.ts";
import { EventStore } from "./store/events.ts";
import { InstallStore } from "./store/installs.ts";
import { MacPolicyStore } from "./store/mac-policy.ts";
import { OperationStore } from "./store/operations.ts";
import { PairingStore } from "./store/pairing.ts";
import { PendingStore } from "./store/pending.ts";
import { StateStore } from "./store/state.ts";
import { UsageDays } from "./store/usage-days.ts";
import { Courier } from "./webhooks/courier.ts";
import { Deliveries } from "./webhooks/deliveries.ts";
import { laneLog } from "./webhooks/lane-log.ts";
import { withLinks } from "./webhooks/links.ts";
import { Lanes } from "./webhooks/lanes.ts";
import { Redelivery } from "./webhooks/redelivery.ts";
import { Replies } from "./webhooks/replies.ts";
import { Settling } from "./webhooks/settling.ts";
import { UsageBook } from "./usage.ts";
import { WebhookStore } from "./webhooks/webhook-store.ts";
import { Subscriptions } from "./tunnel/subscriptions.ts";

/** What the core does when a module has something to tell. */
export interface Hooks extends Omit<
  LinkEvents,
  "commit" | "onPolicy" | "onKeyChanged" | "onKeyKept" | "leave" | "held"
> {
  onAppended(events: readonly Appended[]): void;
  status(): AccountStatus;
}

export type Parts = ReturnType<typeof assemble>;

export function assemble(ports: AccountPorts, hooks: Hooks) {
  const { storage, clock } = ports;
  const { sql } = storage;
  const state = StateStore.load(storage);
  const events = new EventStore(sql);
  const installs = new InstallStore(sql);
  const operationStore = new OperationStore(sql);
  state.onRollback(() => operationStore.forget());
  const pending = new PendingStore(sql);
  state.onRollback(() => pending.forget());
  const log = new EventLog(state, events);
  const schedule = new Schedule(ports);
  const standing = new AccountStanding(sql, state);
  const meter = ports.meter ?? { rows: 0, constructions: 0 };
  const usage = new UsageBook(clock, state, new UsageDays(sql), schedule, meter);
  const owed = {
    from: () => deliveries.owedFrom(),
    forgetting: (last: number) => deliveries.forgetting(last),
  };
  const retention = new Retention(
    ...([ports, state, events, log, pending, schedule, owed, standing] as const),
  );
  const sealing: Sealing = {
    seal: (text) => ports.seal(state.current.account, text),
    unseal: (sealed) => ports.unseal(state.current.account, sealed),
  };
  const pages = new LogPages(state, events);
  const chats = new ChatList(ports, state);
  const chatIds = new ChatIds(sql, state, chats);
  const access = new Access(ports, state, standing);
  const settings = new Settings(sql, state, chats);
  const claims = new Claims(ports, state);
  const tickets = new Tickets(ports, state);
  const pace = new Pace(ports, state, operationStore, settings, chats, standing);
  const guard = new SendGuard(state, settings, chats, chatIds, claims, pace);
  const pairing = new Pairing(ports, state, new PairingStore(sql), log, (appended) =>
    hooks.onAppended(appended),
  );
  const echoes = new Echoes(ports, state, operationStore, chats);

  const macPolicy = new MacPolicyStore(sql);
  state.onRollback(() => macPolicy.forget());
  const link: AgentLink = new AgentLink(ports, state, installs, log, {
    ...hooks,
    onPolicy: (policy) => macPolicy.keep(policy),
    commit: (frame, newestBefore) => intake.commit(frame, newestBefore),
    onKeyChanged: ({ install }) =>
      reporting.keep({ ...byAgent, verb: "install.key_rotated", about: install }),
    onKeyKept: () => void reporting.tell(),
    leave: (install) => {
      enrolment.end(install, "left");
      reporting.did({ ...byAgent, verb: "install.left", about: install.install });
    },
    held: () => (standing.held === null ? null : closeOf(standing.held)),
  });
  const calls = new AgentCalls(link, clock);
  const transfers = new Transfers(clock, state, link, () => ports.mint("tra", state.current.account));
  const sendStates = new SendStates(
    ...([ports, state, operationStore, log, schedule, link, calls] as const),
    (appended) => hooks.onAppended(appended),
  );
  const ownRows = new OwnRows(state, events);
  const outcomes = new Outcomes(ports, state, operationStore, ownRows, log, echoes, sendStates);
  const operations: Operations = new Operations(
    ...([ports, state, operationStore, link, calls, schedule, echoes, outcomes] as const),
    {
      answerLate: (gateway, rpcId, answer) => gateways.answerLate(gateway, rpcId, answer),
      onAppended: (appended) => hooks.onAppended(appended),
      onStored: (operation) => pace.count(operation),
      refuse: (operation) => guard.refuseNow(operation),
    },
  );
  const commands = new OwnerCommands(ports, state, settings, pairing, () => hooks.status());
  const errands = new Errands(ports, state, schedule, operations, (command) => commands.perform(command));
  const gate = new PolicyGate(state, events, settings, pairing, pending, echoes, errands, chats);
  const intake = new Intake(ports, state, events, log, gate, chatIds, chats, ownRows, outcomes);

  const requests = new Requests(state, link, calls, operations, chats, guard, sealing);
  const subscriptions = new Subscriptions(clock, state, events, log, chats, retention);
  const pump = new Pump(ports, state, pages, retention, calls, chatIds, schedule, sealing, (session) =>
    gateways.run(session),
  );
  const gateways: Gateways = new Gateways(
    ...([ports, state, link, requests, subscriptions, pump, schedule, access] as const),
  );
  const view = new ChannelView(state, events, settings, chats, sealing);
  const readers = new Readers(ports, state, pages, view, retention, new ConsumerStore(sql), chatIds);
  const decisions = new DecisionLog(state, events, retention);
  const messages = new Messages(
    ...([ports, state, chats, settings, guard, operations, outcomes, sealing] as const),
  );
  const enrolment: Enrolment = new Enrolment(ports, state, installs, link, standing);
  const webhooks = new WebhookStore(sql);
  const courier = new Courier({
    ports,
    post: ports.post,
    guard: { allowLoopback: ports.allowsLoopback, ownHosts: ports.origins },
    unseal: (sealed) => ports.unsealSecret(state.current.tenant, sealed),
    linked: (event, endpoint) => {
      const base = `${ports.origins[0] ?? ""}/v1/accounts/${state.current.account}`;
      return withLinks(sealing, event, { base, endpoint, now: clock.now() });
    },
    replies: new Replies(ports, messages),
    current: (endpoint) => lanes.find(endpoint)?.endpoint,
  });
  const settling = new Settling(webhooks, () => fractionOf(ports.randomBytes(4)), ports.webhookScale);
  const lanes: Lanes = new Lanes(state, webhooks, (endpoint) => {
    const filter = (): EventFilter => ({ kinds: endpoint().kinds, chats: endpoint().chats });
    return laneLog({ state, events, pages, view, retention, now: () => clock.now() }, filter);
  });
  const deliveries: Deliveries = new Deliveries({
    ports,
    state,
    store: webhooks,
    lanes,
    settling,
    schedule,
    breaker: ports.breaker(state.current.tenant, state.current.account),
    attempt: (endpoint, job) => courier.attempt(endpoint, job),
    isHeld: () => standing.held !== null,
  });
  const redelivery = new Redelivery({
    ports,
    state,
    events,
    store: webhooks,
    lanes,
    settling,
    first: () => retention.first(),
    run: () => deliveries.run(),
  });

  const reporting = new Reporting(ports, state, new ActStore(sql), usage, schedule);

  const logged = { state, log, schedule, retention, pages, reporting, standing, usage };
  const called = {
    access,
    link,
    calls,
    transfers,
    sealing,
    operations,
    operationStore,
    sendStates,
    requests,
    gateways,
    enrolment,
    macPolicy,
  };
  const channel = {
    chats,
    settings,
    claims,
    tickets,
    pairing,
    errands,
    readers,
    decisions,
    messages,
    webhooks,
    deliveries,
    redelivery,
  };
  return Object.assign(logged, called, channel);
}

/** Of an act of the Mac's own, which succeeded. */
const byAgent = { by: "agent", result: "ok", request_id: null } as const;

/** In [0, 1). */
const fractionOf = (bytes: Uint8Array): number =>
  bytes.reduce((sum, byte, at) => sum + byte / 256 ** (at + 1), 0);
