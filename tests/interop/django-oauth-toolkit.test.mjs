import { djangoOauthToolkit } from "./engines/django-oauth-toolkit.mjs";
import { live } from "./life.mjs";

live(djangoOauthToolkit);
