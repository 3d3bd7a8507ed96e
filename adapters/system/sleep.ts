import { setTimeout as timer } from 'node:timers/promises'

/** @param ms milliseconds */
export const systemSleep = async (ms: number): Promise<void> => timer(ms)
