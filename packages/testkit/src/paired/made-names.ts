/**
 * Names that the server makes at random, such as those of sessions, anew in each world: in a transcript each is told by when it was first
 * met.
 */
export class MadeNames {
  readonly #known = new Map<string, string>();

  hide(text: string): string {
    const told = text.replace(/"(id|session)":"([\w-]{16}|[\w-]{24})"/g, (_whole, field: string, name: string) => {
      if (!this.#known.has(name)) this.#known.set(name, `made ${this.#known.size}`);
      return `"${field}":"${this.#known.get(name)}"`;
    });
    // In a path.
    return told.replace(/\/([\w-]{16})(?=[ ?]|$)/g, (whole, name: string) => (this.#known.has(name) ? `/${this.#known.get(name)}` : whole));
  }
}
