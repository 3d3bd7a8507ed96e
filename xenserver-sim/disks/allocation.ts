import { CBT_BLOCK, VHD_BLOCK } from './granularity.ts'
import { chainOf, type Layer } from './layer.ts'

const PER_VHD_BLOCK = VHD_BLOCK / CBT_BLOCK

/** Numbers of the 2 MiB blocks allocated anywhere in the chain, ascending. */
export async function allocatedIn(top: Layer): Promise<number[]> {
  const raw = await chainOf(top).at(-1)?.raw?.allocatedBlocks()
  return ascending(chainOf(top), raw)
}

/**
 * Numbers of the 2 MiB blocks allocated in a layer that belongs to exactly one of the two chains: changes in either
 * direction, as vhd-tool finds them for a differencing export.
 */
export async function allocatedInOne(a: Layer, b: Layer): Promise<number[]> {
  const bottoms = [a, b].map(layer => chainOf(layer).at(-1))
  const shared = bottoms[0] === bottoms[1]
  const raws = shared ? [] : await Promise.all(bottoms.map(layer => layer?.raw?.allocatedBlocks()))
  const [chainA, chainB] = [new Set(chainOf(a)), new Set(chainOf(b))]
  const raw = new Set(raws.flatMap(blocks => [...(blocks ?? [])]))
  const inOne = [...chainOf(a), ...chainOf(b)].filter(each => chainA.has(each) !== chainB.has(each))
  return ascending(inOne, raw)
}

/** 2 MiB blocks that a layer holds itself. */
export const ownBlocks = (layer: Layer): number => ascending([layer], undefined).length

function ascending(layers: Layer[], raw: ReadonlySet<number> | undefined): number[] {
  const found = new Set(raw)
  for (const { blocks } of layers) {
    for (const block of blocks.keys()) found.add(Math.floor(block / PER_VHD_BLOCK))
  }
  return [...found].sort((x, y) => x - y)
}
