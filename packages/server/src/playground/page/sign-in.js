import { DIALECTS } from './dialects/index.js';
import { element, setText } from './dom.js';

/** The form that signs somebody in, with a suggestion for each dialect. */
export function createSignIn(street, facts) {
  const form = document.getElementById('sign-in');
  const hint = document.getElementById('sign-in-hint');
  const { id, name, dialect } = form.elements;
  const names = Object.keys(DIALECTS).filter((each) => facts.dialects.includes(each));
  dialect.replaceChildren(...names.map((each) => element('option', { value: each }, each)));

  const suggest = () => {
    const { about, id: example } = DIALECTS[dialect.value];
    setText(hint, `${about} Empty fields sign in ${example}.`);
    id.placeholder = example;
    name.placeholder = /^\d/.test(example) ? 'Ivan' : `${example[0].toUpperCase()}${example.slice(1)}`;
  };
  dialect.addEventListener('input', suggest);
  suggest();

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const person = street.signIn({
      id: id.value.trim() || id.placeholder,
      name: name.value.trim() || (id.value.trim() === '' ? name.placeholder : ''),
      dialect: dialect.value,
    });
    setText(hint, `${person.name} is signing in with ${person.dialect}.`);
    id.value = '';
    name.value = '';
    id.focus();
  });
}
