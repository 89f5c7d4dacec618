/** How many slots a set is of: 0 up to this. */
export const SET_SIZE = 4096;

const WORD_BITS = 32;
const BITMAP_BYTES = SET_SIZE / 8;
const LIST_ENTRY_BYTES = 2;

/** A bitmap: a set of slots, as bits of words. */
export type SlotBitmap = Uint32Array;

/** A set as it is stored: the few slots of it one after the other, or a bit for each slot where that is shorter. @param slots ascending */
export function encodeSlots(slots: readonly number[]): Buffer {
  if (slots.length * LIST_ENTRY_BYTES < BITMAP_BYTES) {
    const list = Buffer.alloc(slots.length * LIST_ENTRY_BYTES);
    for (const [index, slot] of slots.entries()) list.writeUInt16LE(slot, index * LIST_ENTRY_BYTES);
    return list;
  }
  const bitmap = Buffer.alloc(BITMAP_BYTES);
  for (const slot of slots) bitmap.writeUInt8(bitmap.readUInt8(slot >> 3) | (1 << (slot & 7)), slot >> 3);
  return bitmap;
}

/** Reads back what {@link encodeSlots} made. */
export function decodeSlots(stored: Buffer): SlotBitmap {
  const set = new Uint32Array(SET_SIZE / WORD_BITS);
  if (stored.length === BITMAP_BYTES) {
    for (let word = 0; word < set.length; word += 1) set[word] = stored.readUInt32LE(word * 4);
    return set;
  }
  for (let at = 0; at < stored.length; at += LIST_ENTRY_BYTES) {
    const slot = stored.readUInt16LE(at);
    set[slot >> 5] = (set[slot >> 5] as number) | (1 << (slot & 31));
  }
  return set;
}

/** The slots that are in all of these sets, of which there is at least one. */
export function intersect(sets: readonly SlotBitmap[]): SlotBitmap {
  const [first = new Uint32Array(SET_SIZE / WORD_BITS), ...others] = sets;
  return first.map((word, index) => others.reduce((bits, other) => bits & (other[index] as number), word));
}

/** The slots of a set, ascending. */
export function slotsIn(set: SlotBitmap): number[] {
  const slots: number[] = [];
  for (const [index, word] of set.entries()) {
    for (let rest = word; rest !== 0; rest &= rest - 1) slots.push(index * WORD_BITS + (31 - Math.clz32(rest & -rest)));
  }
  return slots;
}
