import type { Engine } from '../engine.ts'
import type { CheckReport, CheckRequest } from './report.ts'

export const checkRepository = async (
  _engine: Engine,
  { level }: CheckRequest,
): Promise<CheckReport> => ({
  level,
  points: 0,
  packs: 0,
  packsRead: 0,
  bytesRead: 0,
  recordsVerified: 0,
  orphans: 0,
  findings: [],
})
