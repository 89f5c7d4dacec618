/** So many of something, in words: "1 tenant", "12 tenants". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
