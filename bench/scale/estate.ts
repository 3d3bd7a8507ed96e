const MiB = 1024 * 1024

/** What is protected, and how. */
export interface Estate {
  vms: number
  /** bytes of data on each VM's disks */
  used: number
  /** share of the chunks that one day touches */
  touched: number
  /** daily points that are kept of each VM */
  points: number
  /** stored bytes for a byte of data; measured by bench:repository */
  ratio: number
}

export const CHUNK = MiB
export const PACK = 32 * MiB
export const PAGE = 32 * 1024 // bytes of 1,024 ids, which do not compress
const IDS_PER_PAGE = 1024

/** What follows from the estate by the format's arithmetic. */
export const quantities = ({ vms, used, touched, points, ratio }: Estate) => {
  const chunksOfVm = Math.ceil(used / CHUNK)
  const changedChunks = Math.ceil(chunksOfVm * touched)
  const pagesOfVm = Math.ceil(chunksOfVm / IDS_PER_PAGE)
  // A day's changes lie all over a disk: a page stays as it is only when none of its chunks is touched.
  const changedPages = Math.ceil(pagesOfVm * (1 - (1 - touched) ** IDS_PER_PAGE))
  const increments = points - 1
  const chunks = vms * (chunksOfVm + increments * changedChunks)
  const pages = vms * (pagesOfVm + increments * changedPages)
  return {
    chunksOfVm,
    changedChunks,
    changedPages,
    /** records of the whole repository */
    chunks,
    pages,
    dataBytes: chunks * CHUNK * ratio,
    mapBytes: pages * PAGE,
    packs: Math.ceil((chunks * CHUNK * ratio) / PACK),
    chunksPerPack: Math.round(PACK / (CHUNK * ratio)),
    /** packs that one day's jobs send, a part of a pack being one */
    packsPerJob: Math.ceil((changedChunks * CHUNK * ratio) / PACK),
  }
}
