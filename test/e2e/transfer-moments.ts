// How far a transfer is when somebody leaves it, with a Mac that goes exactly as far and no further.
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { RawRequest } from "./raw-request.ts";
import type { RelayProcess } from "./relay-process.ts";
import { ScriptedMac } from "./scripted-mac.ts";
import { until } from "./waiting.ts";

const MIB = 1024 * 1024;
export const FILE_BYTES = 4 * MIB;
const FILE = randomBytes(FILE_BYTES);
/** What has come when a transfer is in the middle. */
const FIRST_BYTES = MIB;

/**
 * `waiting`: the Mac was asked, and has not answered · `agreed`: it has opened the file, or fetches the body; no byte
 * has come · `middle` · `whole`: every byte has come, and the Mac has not said so.
 */
export const MOMENTS = ["waiting", "agreed", "middle", "whole"] as const;
export type Moment = (typeof MOMENTS)[number];

export interface UnderWay {
  readonly mac: ScriptedMac;
  readonly gateway: RawRequest;
  readonly transfer: string;
  /** The Mac's request: undefined = it has made none yet. */
  readonly bytes: RawRequest | undefined;
  /** All that is still to come, from whoever sends the file. */
  sendRest(): Promise<void>;
}

export async function downloading(relay: RelayProcess, moment: Moment): Promise<UnderWay> {
  const mac = await ScriptedMac.start(relay);
  const gateway = await mac.download();
  const transfer = await mac.asked();
  const under = { mac, gateway, transfer };
  const bring = async (): Promise<RawRequest> => {
    const bytes = await mac.bring(transfer, FILE_BYTES);
    await bytes.send(FILE.subarray(0, FIRST_BYTES));
    return bytes;
  };
  const rest = (bytes: RawRequest): Promise<void> => bytes.send(FILE.subarray(FIRST_BYTES));
  if (moment === "waiting") {
    const sendRest = async (): Promise<void> => {
      mac.opened(transfer, FILE_BYTES);
      await rest(await bring());
    };
    return { ...under, bytes: undefined, sendRest };
  }
  mac.opened(transfer, FILE_BYTES);
  await gateway.head;
  if (moment === "agreed") return { ...under, bytes: undefined, sendRest: async () => rest(await bring()) };
  const bytes = await bring();
  await gateway.has(FIRST_BYTES);
  if (moment === "middle") return { ...under, bytes, sendRest: () => rest(bytes) };
  await rest(bytes);
  await gateway.over;
  return { ...under, bytes, sendRest: nothing };
}

export async function uploading(relay: RelayProcess, moment: Moment): Promise<UnderWay> {
  const mac = await ScriptedMac.start(relay);
  const gateway = await mac.upload(FILE_BYTES);
  const transfer = await mac.asked();
  const under = { mac, gateway, transfer };
  if (moment === "waiting") return { ...under, bytes: undefined, sendRest: nothing };
  const bytes = await mac.fetch(transfer);
  await bytes.head;
  if (moment === "agreed") return { ...under, bytes, sendRest: () => gateway.send(FILE) };
  const sendRest = (): Promise<void> => gateway.send(FILE.subarray(FIRST_BYTES));
  await gateway.send(FILE.subarray(0, FIRST_BYTES));
  await bytes.has(FIRST_BYTES);
  if (moment === "middle") return { ...under, bytes, sendRest };
  await sendRest();
  await bytes.over;
  return { ...under, bytes, sendRest: nothing };
}

const nothing = (): Promise<void> => Promise.resolve();

export const isTheFile = (body: Buffer): boolean => body.equals(FILE);

/** No timer of the relay is that short. */
export const AT_ONCE_MS = 10_000;

/** It ends within that time, its place is free, and the next ones go, both ways. */
export async function isOver(
  { mac, transfer }: UnderWay,
  state: "done" | "failed",
  ms = AT_ONCE_MS,
): Promise<void> {
  await isQuiet(mac, ms);
  expect(await mac.stateOf(transfer)).toBe(state);
  expect(await mac.serves()).toBe(true);
  mac.close();
}

export async function isQuiet(mac: ScriptedMac, ms: number): Promise<void> {
  const isSo = async (): Promise<boolean> => {
    const { open, waiting } = await mac.counts();
    return open === 0 && waiting === 0;
  };
  await until(isSo, "no transfer is open, and nobody waits", ms, 20);
}
