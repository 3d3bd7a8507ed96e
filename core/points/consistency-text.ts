import type { Consistency, PointSummary } from '../contracts/points.ts'

const WORDS: Record<Consistency, string> = {
  offline: 'offline',
  memory: 'with memory',
  application: 'application-consistent',
  'file-system': 'file-system-consistent',
  crash: 'crash-consistent',
}

/** @returns what was achieved, in words, and what was asked for where that is more */
export const consistencyText = ({
  consistency,
  weakerBecause,
  method,
}: Pick<PointSummary, 'consistency' | 'weakerBecause' | 'method'>): string =>
  weakerBecause && method ? `${WORDS[consistency]} (asked: ${method})` : WORDS[consistency]
