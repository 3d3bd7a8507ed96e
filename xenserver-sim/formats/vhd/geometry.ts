export interface Geometry {
  cylinders: number
  heads: number
  sectors: number
}

/** Cylinders, heads and sectors for a disk of `size` bytes: the algorithm in the appendix of the VHD specification. */
export function geometryOf(size: number): Geometry {
  const total = Math.min(Math.floor(size / 512), 65535 * 16 * 255)
  if (total >= 65535 * 16 * 63) return shape(total, 16, 255)

  const threads = Math.floor(total / 17)
  const heads = Math.max(4, Math.ceil(threads / 1024))
  if (threads < heads * 1024 && heads <= 16) return shape(total, heads, 17)
  return Math.floor(total / 31) < 16 * 1024 ? shape(total, 16, 31) : shape(total, 16, 63)
}

const shape = (total: number, heads: number, sectors: number): Geometry => ({
  cylinders: Math.floor(Math.floor(total / sectors) / heads),
  heads,
  sectors,
})
