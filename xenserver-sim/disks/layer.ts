import type { RawFile } from './raw-file.ts'
import type { Slab } from './slab.ts'

/**
 * One node of a copy-on-write tree. A disk's content is its layer over that layer's parents. A layer with disks or
 * children above it other than one live disk is never written again.
 */
export interface Layer {
  /** 64 KiB block number → slot in the slab. */
  blocks: Map<number, number>
  parent: Layer | undefined
  /** Set on a bottom layer made of a raw file; such a layer has no blocks. */
  raw: RawFile | undefined
  /** How many disks have this layer as their top. */
  disks: number
  children: Set<Layer>
}

export function createLayer(parent?: Layer, raw?: RawFile): Layer {
  const layer: Layer = { blocks: new Map(), parent, raw, disks: 0, children: new Set() }
  parent?.children.add(layer)
  return layer
}

/** From the top to the bottom. */
export function chainOf(top: Layer): Layer[] {
  const chain: Layer[] = []
  for (let layer: Layer | undefined = top; layer; layer = layer.parent) chain.push(layer)
  return chain
}

/**
 * Frees what nobody needs after a disk let go of `layer`: a layer without disks and children goes, and a layer
 * without disks and with one child becomes part of that child (what SM calls coalescing).
 */
export function settle(layer: Layer, slab: Slab): void {
  if (layer.disks > 0) return
  const [child, another] = layer.children
  if (!child) remove(layer, slab)
  else if (!another && !layer.raw) absorb(layer, child, slab)
}

function remove(layer: Layer, slab: Slab): void {
  for (const slot of layer.blocks.values()) slab.free(slot)
  layer.blocks.clear()
  void layer.raw?.close()
  const { parent } = layer
  if (!parent) return
  parent.children.delete(layer)
  settle(parent, slab)
}

function absorb(layer: Layer, child: Layer, slab: Slab): void {
  for (const [block, slot] of child.blocks) {
    const hidden = layer.blocks.get(block)
    if (hidden !== undefined) slab.free(hidden)
    layer.blocks.set(block, slot)
  }
  child.blocks = layer.blocks
  child.parent = layer.parent
  layer.parent?.children.delete(layer)
  layer.parent?.children.add(child)
}
