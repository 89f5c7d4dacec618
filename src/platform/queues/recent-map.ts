/**
 * A map that forgets what was set the longest ago. Unlike `lru-cache` it sets no room aside when it is made, which would cost more than what
 * many of these are made for.
 */
export class RecentMap<V> extends Map<string, V> {
  /** @param most how many it keeps */
  constructor(private readonly most: number) {
    super();
  }

  override set(key: string, value: V): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.most) this.delete(this.keys().next().value as string);
    return this;
  }
}
